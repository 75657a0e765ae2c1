// Facts: libjpeg.txt and structure.txt of libjpeg, ITU-T T.81.

#include "codec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jerror.h>
#include <jpeglib.h>

struct state {
  struct jpeg_decompress_struct decoder;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
};

static cimages_reader *reader_of(j_common_ptr common) { return common->client_data; }

static _Noreturn void leave(j_common_ptr common) {
  char message[JMSG_LENGTH_MAX];
  common->err->format_message(common, message);
  cimages_fail(reader_of(common), cimages_damaged, "%s (libjpeg)", message);
}

// A negative level is damage that the library passes over.
static void note(j_common_ptr common, int level) {
  cimages_reader *reader = reader_of(common);
  if (level >= 0 || reader->warning[0]) return;
  char message[JMSG_LENGTH_MAX];
  common->err->format_message(common, message);
  snprintf(reader->warning, sizeof reader->warning, "%s (libjpeg)", message);
}

// --- The bytes

static void begin_source(j_decompress_ptr decoder) { (void)decoder; }

static boolean end_of_bytes(j_decompress_ptr decoder) {
  cimages_fail(
      reader_of((j_common_ptr)decoder), cimages_damaged, "cut off: the image goes on behind the end");
}

static void skip(j_decompress_ptr decoder, long count) {
  if (count <= 0) return;
  if ((size_t)count > decoder->src->bytes_in_buffer) end_of_bytes(decoder);
  decoder->src->next_input_byte += count;
  decoder->src->bytes_in_buffer -= (size_t)count;
}

// Called for each row of blocks of each scan: a file of many scans takes time for each.
static void watch(j_common_ptr common) {
  const struct jpeg_decompress_struct *decoder = (j_decompress_ptr)common;
  cimages_reader *reader = reader_of(common);
  if (decoder->input_scan_number <= (int)reader->limits.scans) return;
  cimages_fail(
      reader, cimages_refused, "expected at most %" PRIu32 " scans, found more",
      reader->limits.scans);
}

// --- The image

static void check_memory(cimages_reader *reader, j_decompress_ptr decoder) {
  if (!jpeg_has_multiple_scans(decoder)) return;
  uint64_t blocks = 0;
  for (int i = 0; i < decoder->num_components; i++) {
    const jpeg_component_info *component = &decoder->comp_info[i];
    blocks += (uint64_t)component->width_in_blocks * component->height_in_blocks;
  }
  cimages_check_held(reader, blocks * sizeof(JBLOCK), "a JPEG of several scans");
}

static void begin(cimages_reader *reader, cimages_shape *shape) {
  struct state *state = reader->state = calloc(1, sizeof *state);
  if (!state) cimages_fail(reader, cimages_refused, "no memory");
  j_decompress_ptr decoder = &state->decoder;
  decoder->err = jpeg_std_error(&state->errors);
  state->errors.error_exit = leave;
  state->errors.emit_message = note;
  decoder->client_data = reader;
  jpeg_create_decompress(decoder);
  decoder->mem->max_memory_to_use = (long)(reader->limits.held_bytes + (32 << 20));
  state->source = (struct jpeg_source_mgr){
      .next_input_byte = reader->bytes,
      .bytes_in_buffer = reader->count,
      .init_source = begin_source,
      .fill_input_buffer = end_of_bytes,
      .skip_input_data = skip,
      .resync_to_restart = jpeg_resync_to_restart,
      .term_source = begin_source,
  };
  decoder->src = &state->source;
  jpeg_read_header(decoder, TRUE);
  state->progress.progress_monitor = watch;
  decoder->progress = &state->progress;
  // The shortest code has 1 bit, and each block of 64 pixels has one: 512 pixels for a byte. So has
  // colour, where chroma has at least a sixteenth of the samples.
  cimages_check_size(reader, decoder->image_width, decoder->image_height, 512);
  check_memory(reader, decoder);
  switch (decoder->jpeg_color_space) {
    case JCS_GRAYSCALE:
      decoder->out_color_space = JCS_GRAYSCALE;
      shape->form = cimages_grey;
      break;
    case JCS_YCbCr:
    case JCS_RGB:
      decoder->out_color_space = JCS_RGB;
      shape->form = cimages_rgb;
      break;
    case JCS_CMYK:
    case JCS_YCCK:
      decoder->out_color_space = JCS_CMYK;
      shape->form = cimages_cmyk;
      break;
    default:
      cimages_fail(
          reader, cimages_unsupported, "expected 1, 3 or 4 components, found %d",
          decoder->num_components);
  }
  // What is written out here is what other readers take, too.
  decoder->dct_method = JDCT_ISLOW;
  decoder->do_fancy_upsampling = TRUE;
  jpeg_start_decompress(decoder);
  shape->width = decoder->output_width;
  shape->height = decoder->output_height;
  shape->row_bytes = (size_t)decoder->output_width * (size_t)decoder->output_components;
}

static void read_row(cimages_reader *reader, uint8_t *row) {
  struct state *state = reader->state;
  jpeg_read_scanlines(&state->decoder, &row, 1);
}

static void finish(cimages_reader *reader) {
  struct state *state = reader->state;
  jpeg_finish_decompress(&state->decoder);
}

static void close_reader(cimages_reader *reader) {
  struct state *state = reader->state;
  if (!state) return;
  jpeg_destroy_decompress(&state->decoder);
  free(state);
}

const struct codec cimages_jpeg = {begin, read_row, finish, close_reader};
