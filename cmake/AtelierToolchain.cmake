# Warnings, ccache and mold: the same for every target.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion
                    -Wno-sign-conversion -Werror -fdiagnostics-color=auto)

# Under the sanitizers g++ takes a thing that an optional may hold for one that it does hold.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  add_compile_options(-Wno-maybe-uninitialized)
endif()

# g++ 12 takes the frames of Asio's coroutines, which have a new and a delete of their own, for mismatched.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-mismatched-new-delete)
  # The thread sanitizer doesn't know the fences in Asio; its locks, which hand things over there, it knows.
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
    add_compile_options(-Wno-tsan)
  endif()
endif()

find_program(ATELIER_CCACHE ccache)
if(ATELIER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ATELIER_CCACHE})
endif()

find_program(ATELIER_MOLD mold)
if(ATELIER_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
