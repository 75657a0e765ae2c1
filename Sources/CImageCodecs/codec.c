#include "codec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

cimages_reader *cimages_open(const uint8_t *bytes, size_t count, cimages_limits limits) {
  cimages_reader *reader = calloc(1, sizeof *reader);
  if (!reader) return NULL;
  reader->codec = count > 0 && bytes[0] == 0xff ? &cimages_jpeg : &cimages_png;
  reader->bytes = bytes;
  reader->count = count;
  reader->limits = limits;
  return reader;
}

void cimages_close(cimages_reader *reader) {
  reader->codec->close(reader);
  free(reader);
}

int cimages_begin(cimages_reader *reader, cimages_shape *shape) {
  if (setjmp(reader->failure)) return reader->status;
  reader->codec->begin(reader, shape);
  return cimages_good;
}

int cimages_read_row(cimages_reader *reader, uint8_t *row) {
  if (setjmp(reader->failure)) return reader->status;
  reader->codec->read_row(reader, row);
  return cimages_good;
}

int cimages_finish(cimages_reader *reader) {
  if (setjmp(reader->failure)) return reader->status;
  reader->codec->finish(reader);
  return cimages_good;
}

const char *cimages_message(const cimages_reader *reader) { return reader->message; }
const char *cimages_warning(const cimages_reader *reader) { return reader->warning; }

void cimages_fail(cimages_reader *reader, int status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reader->message, sizeof reader->message, format, arguments);
  va_end(arguments);
  reader->status = status;
  longjmp(reader->failure, 1);
}

void cimages_check_size(
    cimages_reader *reader, uint64_t width, uint64_t height, uint64_t most_per_byte) {
  uint64_t pixels = width * height;  // of 32 bits each
  if (pixels > reader->limits.pixels) {
    cimages_fail(
        reader, cimages_refused,
        "expected at most %" PRIu64 " pixels, found %" PRIu64 " x %" PRIu64, reader->limits.pixels,
        width, height);
  }
  if (pixels / most_per_byte > reader->count) {
    cimages_fail(
        reader, cimages_damaged,
        "%" PRIu64 " x %" PRIu64 " pixels cannot be in a file of %zu bytes: it is cut off or lies",
        width, height, reader->count);
  }
}

void cimages_check_held(cimages_reader *reader, uint64_t bytes, const char *what) {
  if (bytes <= reader->limits.held_bytes) return;
  cimages_fail(
      reader, cimages_refused,
      "%s needs %" PRIu64 " bytes of memory, a file of %zu bytes gets %" PRIu64, what, bytes,
      reader->count, reader->limits.held_bytes);
}
