#include "a.inc" // x
/* "b" /* c */ */ sphere { <{{ a }},0,{{b}}>, 1 pigment { image_map { png "t.png" } } }
"open