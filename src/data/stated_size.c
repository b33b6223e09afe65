#include "data/stated_size.h"

#include "base/str.h"

bool sx_stated_size_differs(sx_stated_size stated, double width, double height) {
    return (stated.width > 0 && stated.width != width) ||
           (stated.height > 0 && stated.height != height);
}

const char *sx_stated_size_text(sx_stated_size stated, char buf[SX_STATED_SIZE_TEXT]) {
    if (stated.width > 0 && stated.height > 0)
        sx_format(buf, SX_STATED_SIZE_TEXT, "%.10g x %.10g", stated.width, stated.height);
    else if (stated.width > 0)
        sx_format(buf, SX_STATED_SIZE_TEXT, "a width of %.10g", stated.width);
    else
        sx_format(buf, SX_STATED_SIZE_TEXT, "a height of %.10g", stated.height);
    return buf;
}
