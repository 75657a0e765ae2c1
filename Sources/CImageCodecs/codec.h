#ifndef CIMAGES_CODEC_H
#define CIMAGES_CODEC_H

#include "cimagecodecs.h"

#include <setjmp.h>
#include <stdarg.h>

// What both libraries' readers share. A codec's functions are called with `failure` set.
struct cimages_reader {
  const struct codec *codec;
  const uint8_t *bytes;
  size_t count;
  cimages_limits limits;
  jmp_buf failure;
  int status;
  char message[256];
  char warning[256];
  void *state;
};

struct codec {
  void (*begin)(cimages_reader *, cimages_shape *);
  void (*read_row)(cimages_reader *, uint8_t *row);
  void (*finish)(cimages_reader *);
  void (*close)(cimages_reader *);
};

extern const struct codec cimages_jpeg, cimages_png;

// Leaves the codec with a status and a message.
_Noreturn void cimages_fail(cimages_reader *reader, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Leaves it where the image has more pixels than the limits allow, or than the file can hold at so
// many pixels for a byte.
void cimages_check_size(
    cimages_reader *reader, uint64_t width, uint64_t height, uint64_t most_per_byte);

// Leaves it where so many bytes would have to be held.
void cimages_check_held(cimages_reader *reader, uint64_t bytes, const char *what);

#endif
