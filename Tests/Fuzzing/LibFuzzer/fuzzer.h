#pragma once
#include <stddef.h>
#include <stdint.h>

// libFuzzer's own mutations, for those that know the form of an input.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t limit);
