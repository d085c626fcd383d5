# Warnings, ccache and mold: the same for every target.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion
                    -Wno-sign-conversion -Werror -fdiagnostics-color=auto)

find_program(ATELIER_CCACHE ccache)
if(ATELIER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ATELIER_CCACHE})
endif()

find_program(ATELIER_MOLD mold)
if(ATELIER_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
