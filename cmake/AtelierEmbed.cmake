# atelier_embed(TARGET NAMESPACE FILE ...): the files' content becomes constants of the library: server.py in the namespace
# atelier::x is `extern const std::string_view server_py;`, declared by whoever uses it.
function(atelier_embed target namespace)
  foreach(file ${ARGN})
    get_filename_component(name ${file} NAME)
    string(REGEX REPLACE "[^A-Za-z0-9]" "_" constant ${name})
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${constant}.cpp)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    file(READ ${file} content)
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT "#include <string_view>

namespace ${namespace} {
extern const std::string_view ${constant};
const std::string_view ${constant} = R\"embedded(${content})embedded\";
}
")
    target_sources(${target} PRIVATE ${source})
  endforeach()
endfunction()
