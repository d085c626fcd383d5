# atelier_library(NAME LINKS ...): the folder's sources become the library atelier_NAME, and its *_test.cpp the program
# NAME_test. The links are the floors below that the folder may use; src/FLOORS says the same, and a test compares the two.
include(GoogleTest)
add_custom_target(atelier_tools)

function(atelier_library name)
  cmake_parse_arguments(ARG "" "" "LINKS;PRIVATE_LINKS;TEST_LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} *.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|main)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(NOT sources)  # a floor of headers alone
    add_library(atelier_${name} INTERFACE)
    target_include_directories(atelier_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(atelier_${name} INTERFACE ${ARG_LINKS})
    return()
  endif()
  add_library(atelier_${name} STATIC ${sources})
  target_include_directories(atelier_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(atelier_${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
  if(tests AND NOT ATELIER_FUZZ)
    atelier_test(${name}_test SOURCES ${tests} LINKS atelier_${name} ${ARG_TEST_LINKS})
  endif()
endfunction()

# atelier_test(NAME SOURCES ... LINKS ...): a GoogleTest program whose cases ctest knows one by one. It learns where the
# project and the shared test data lie from the environment.
function(atelier_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} atelier_test_main)
  # Two properties, since a list of variables in one is taken apart when the tests are discovered.
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 600
               ENVIRONMENT "ATELIER_SOURCE_DIR=${CMAKE_SOURCE_DIR}"
               ENVIRONMENT_MODIFICATION "ATELIER_BINARY_DIR=set:${CMAKE_BINARY_DIR}")
endfunction()

# atelier_tool(NAME SOURCE LIBRARIES...): a program beside `atelier` that tasks run. It is started for each task, so it is
# linked with what it uses and nothing else.
function(atelier_tool name source)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${ARGN} CLI11::CLI11)
  target_link_options(${name} PRIVATE -Wl,--as-needed)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  add_dependencies(atelier_tools ${name})
endfunction()
