#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

// Releases after 1.10 call the functions of its interface by other names.
#define H5_USE_110_API
#include <hdf5.h>
#include <string.h>

// Macros that Swift does not see, since they cast or call.
static inline hid_t chdf5_file_access(void) { return H5P_FILE_ACCESS; }
static const haddr_t chdf5_no_address = HADDR_UNDEF;

// H5F_ACC_RDONLY without its check of the version, which ends the process where the library was
// updated after the program was built.
static const unsigned chdf5_read_only = 0;

// Where the description of an open object begins.
static inline haddr_t chdf5_address(hid_t object) {
  H5O_info_t info;
  return H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0 ? chdf5_no_address : info.addr;
}

// How many attributes an open object has; negative for failure.
static inline long chdf5_attribute_count(hid_t object) {
  H5O_info_t info;
  return H5Oget_info2(object, &info, H5O_INFO_NUM_ATTRS) < 0 ? -1 : (long)info.num_attrs;
}

// Types of numbers in memory.
static inline hid_t chdf5_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t chdf5_double(void) { return H5T_NATIVE_DOUBLE; }

// A new type: texts of variable length.
static inline hid_t chdf5_texts(void) {
  hid_t type = H5Tcopy(H5T_C_S1);
  if (type >= 0 && H5Tset_size(type, H5T_VARIABLE) < 0) H5Tclose(type), type = -1;
  return type;
}

// The conversion of texts of variable length to what the file stores for each: 4 bytes of length,
// then the place of the text. Nothing is done to the bytes.
static inline herr_t chdf5_keep(
    hid_t from, hid_t to, H5T_cdata_t *data, size_t count, size_t stride, size_t background_stride,
    void *bytes, void *background, hid_t properties) {
  (void)from, (void)to, (void)count, (void)stride, (void)background_stride;
  (void)bytes, (void)background, (void)properties;
  if (data->command == H5T_CONV_INIT) data->need_bkg = H5T_BKG_NO;
  return 0;
}

static inline size_t chdf5_length(const char *text) { return strlen(text); }

typedef struct {
  // Called for each link; stops at any value but 0. `address` is that of a hard link's object.
  herr_t (*visit)(void *context, const char *name, H5L_type_t type, haddr_t address);
  void *context;
} chdf5_visitor;

static inline herr_t chdf5_visit_link(
    hid_t group, const char *name, const H5L_info_t *info, void *visitor) {
  (void)group;
  const chdf5_visitor *v = (const chdf5_visitor *)visitor;
  return v->visit(
      v->context, name, info->type,
      info->type == H5L_TYPE_HARD ? info->u.address : chdf5_no_address);
}

// H5Literate, whose name and structures differ between releases, over all links of a group.
static inline herr_t chdf5_visit_links(hid_t group, chdf5_visitor visitor) {
  hsize_t position = 0;
  return H5Literate(
      group, H5_INDEX_NAME, H5_ITER_NATIVE, &position, chdf5_visit_link, &visitor);
}

#endif
