#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H

#include <stddef.h>
#include <stdint.h>

// Images in JPEG and PNG, row by row, by libjpeg and libpng. Both libraries leave their functions by
// longjmp where something is wrong; none of it passes a function of this header.

// What a pixel is, in bytes.
enum {
  cimages_grey = 1,
  cimages_grey_alpha = 2,
  cimages_rgb = 3,
  cimages_rgba = 4,
  // Cyan, magenta, yellow, black, each 255 where there is no ink, as Adobe writes them.
  cimages_cmyk = 5,
};

// What became of a call.
enum {
  cimages_good = 0,
  cimages_damaged = 1,
  // More than the limits allow.
  cimages_refused = 2,
  // Sound perhaps, but not what is decoded here.
  cimages_unsupported = 3,
};

typedef struct {
  uint64_t pixels;
  // Of what must be held as a whole: coefficients of progressive files, pixels of interlaced ones.
  uint64_t held_bytes;
  uint32_t scans;
} cimages_limits;

typedef struct {
  uint32_t width, height;
  int form;
  size_t row_bytes;
} cimages_shape;

typedef struct cimages_reader cimages_reader;

// A reader of bytes that outlive it; NULL where there is no memory. 255 tells PNG from JPEG.
cimages_reader *cimages_open(const uint8_t *bytes, size_t count, cimages_limits limits);
void cimages_close(cimages_reader *reader);

// These give one of the codes above; after any but `good` only `message` and `close` may be called.

// Reads all that comes before the pixels, and checks it against the limits.
int cimages_begin(cimages_reader *reader, cimages_shape *shape);
// Decodes the next row.
int cimages_read_row(cimages_reader *reader, uint8_t *row);
// Reads what follows the last row.
int cimages_finish(cimages_reader *reader);

// Why the last call failed.
const char *cimages_message(const cimages_reader *reader);
// The first damage that was passed over; empty for none.
const char *cimages_warning(const cimages_reader *reader);
// Both libraries with their versions.
const char *cimages_versions(void);

#endif
