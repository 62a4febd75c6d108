// The smallest program with a C library. With an argument it waits for the end of its input, so
// that its memory can be looked at from outside.
#include <stdio.h>

int main(int count, char** arguments) {
  (void)arguments;
  puts("hello");
  fflush(stdout);
  if (count > 1) getchar();
  return 0;
}
