#include <stdio.h>

int main(void) {
    puts("spinexr 0.1.0");
    return 0;
}
