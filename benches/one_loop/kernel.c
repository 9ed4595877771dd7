/* The loop of kernel.py in C. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) intptr_t kernel(const uint8_t *data, intptr_t n, intptr_t rounds)
{
    intptr_t a = 1, b = 0;
    for (intptr_t r = 0; r < rounds; r++)
        for (intptr_t i = 0; i < n; i++) {
            a = (a + data[i]) & 0xFFFF;
            b = (b + a) & 0xFFFF;
        }
    return b << 16 | a;
}

int main(int argc, char **argv)
{
    static uint8_t data[2000];
    for (int i = 0; i < 2000; i++)
        data[i] = i * 7 + (i >> 3);
    if (argc < 2)
        return 1;
    printf("%ld\n", (long)kernel(data, 2000, atol(argv[1])));
    return 0;
}
