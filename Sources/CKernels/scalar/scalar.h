#include "../include/ck_table.h"

/// The kernels in plain C.
extern const ck_table ck_scalar_table;
