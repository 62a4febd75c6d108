// The four functions that g++ may call on its own in freestanding code (GCC manual, "Standards").
// Compiled with -fno-builtin and -fno-tree-loop-distribute-patterns, or each would call itself.
#include <cstddef>

extern "C" {

void* memcpy(void* to, const void* from, size_t size) {
  void* result = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
  return result;
}

void* memset(void* to, int value, size_t size) {
  void* result = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
  return result;
}

void* memmove(void* to, const void* from, size_t size) {
  if (to <= from) return memcpy(to, from, size);
  char* target = static_cast<char*>(to);
  const char* source = static_cast<const char*>(from);
  while (size-- > 0) target[size] = source[size];
  return to;
}

int memcmp(const void* a, const void* b, size_t size) {
  const unsigned char* left = static_cast<const unsigned char*>(a);
  const unsigned char* right = static_cast<const unsigned char*>(b);
  for (size_t i = 0; i < size; ++i) {
    if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
  }
  return 0;
}
}
