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

# atelier_embed_files(TARGET NAMESPACE TABLE FILE ...): files of any size and content, as `const EmbeddedFiles TABLE` (base/
# embedded.h) in the namespace, by name. They may be made by the build; the assembler takes them as they are.
function(atelier_embed_files target namespace table)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${table}.cpp)
  set(bytes "")
  set(rows "")
  set(number 0)
  foreach(file ${ARGN})
    get_filename_component(name ${file} NAME)
    get_filename_component(path ${file} ABSOLUTE)
    set(symbol ${target}_${table}_${number})
    string(APPEND bytes "asm(\".pushsection .rodata\\n.balign 16\\n.globl ${symbol}\\n${symbol}:\\n.incbin \\\"${path}\\\"\\n\"
    \".globl ${symbol}_end\\n${symbol}_end:\\n.popsection\\n\");
extern \"C\" const char ${symbol}[], ${symbol}_end[];
")
    string(APPEND rows "    {\"${name}\", {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}},\n")
    set_property(SOURCE ${source} APPEND PROPERTY OBJECT_DEPENDS ${path})
    math(EXPR number "${number} + 1")
  endforeach()
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT "#include \"base/embedded.h\"

${bytes}
namespace ${namespace} {
extern const atelier::EmbeddedFiles ${table};
const atelier::EmbeddedFiles ${table} = {
${rows}};
}
")
  target_sources(${target} PRIVATE ${source})
endfunction()
