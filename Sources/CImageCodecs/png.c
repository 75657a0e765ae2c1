// Facts: libpng-manual.txt, the PNG specification (third edition).

#include "codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

struct state {
  png_structp png;
  png_infop info;
  const uint8_t *rest;
  size_t rest_count;
  // An interlaced image as a whole, and its rows: NULL for others.
  uint8_t *pixels;
  png_bytepp rows;
  uint32_t next_row;
};

static void leave(png_structp png, png_const_charp message) {
  cimages_fail(png_get_error_ptr(png), cimages_damaged, "%s (libpng)", message);
}

static void note(png_structp png, png_const_charp message) {
  cimages_reader *reader = png_get_error_ptr(png);
  if (reader->warning[0]) return;
  snprintf(reader->warning, sizeof reader->warning, "%s (libpng)", message);
}

static void read_bytes(png_structp png, png_bytep target, size_t count) {
  struct state *state = png_get_io_ptr(png);
  if (count > state->rest_count) {
    cimages_fail(
        png_get_error_ptr(png), cimages_damaged, "cut off: the image goes on behind the end");
  }
  memcpy(target, state->rest, count);
  state->rest += count;
  state->rest_count -= count;
}

static void read_interlaced(cimages_reader *reader, uint32_t height, size_t row_bytes) {
  struct state *state = reader->state;
  cimages_check_held(reader, (uint64_t)height * row_bytes, "an interlaced PNG");
  state->pixels = calloc(height, row_bytes);
  state->rows = calloc(height, sizeof *state->rows);
  if (!state->pixels || !state->rows) cimages_fail(reader, cimages_refused, "no memory");
  for (uint32_t i = 0; i < height; i++) state->rows[i] = state->pixels + i * row_bytes;
  png_read_image(state->png, state->rows);
}

static void begin(cimages_reader *reader, cimages_shape *shape) {
  struct state *state = reader->state = calloc(1, sizeof *state);
  if (!state) cimages_fail(reader, cimages_refused, "no memory");
  state->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, leave, note);
  if (state->png) state->info = png_create_info_struct(state->png);
  if (!state->info) cimages_fail(reader, cimages_refused, "no memory");
  png_structp png = state->png;
  state->rest = reader->bytes;
  state->rest_count = reader->count;
  png_set_read_fn(png, state, read_bytes);
  png_set_user_limits(png, 1 << 24, 1 << 24);
  png_set_chunk_malloc_max(png, 1 << 20);
  // Texts, profiles, times: passed over, never unpacked. Palette and transparency are not.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info(png, state->info);
  uint32_t width, height;
  int depth, colour, interlace;
  png_get_IHDR(png, state->info, &width, &height, &depth, &colour, &interlace, NULL, NULL);
  // deflate makes at most 1032 bytes of one.
  unsigned bits = (unsigned)depth * png_get_channels(png, state->info);
  cimages_check_size(reader, width, height, 1032 * 8 / bits);
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, state->info);
  shape->width = width;
  shape->height = height;
  shape->form = png_get_channels(png, state->info);
  shape->row_bytes = png_get_rowbytes(png, state->info);
  if (interlace != PNG_INTERLACE_NONE) read_interlaced(reader, height, shape->row_bytes);
}

static void read_row(cimages_reader *reader, uint8_t *row) {
  struct state *state = reader->state;
  if (!state->rows) {
    png_read_row(state->png, row, NULL);
    return;
  }
  memcpy(row, state->rows[state->next_row++], png_get_rowbytes(state->png, state->info));
}

static void finish(cimages_reader *reader) {
  struct state *state = reader->state;
  png_read_end(state->png, NULL);
}

static void close_reader(cimages_reader *reader) {
  struct state *state = reader->state;
  if (!state) return;
  png_destroy_read_struct(&state->png, &state->info, NULL);
  free(state->rows);
  free(state->pixels);
  free(state);
}

const struct codec cimages_png = {begin, read_row, finish, close_reader};

#define TEXT_(number) #number
#define TEXT(number) TEXT_(number)

const char *cimages_versions(void) {
  return "libjpeg-turbo " TEXT(LIBJPEG_TURBO_VERSION) ", libpng " PNG_LIBPNG_VER_STRING;
}
