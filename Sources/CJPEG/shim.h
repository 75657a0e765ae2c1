// libjpeg's header names the types of stdio without including it.
#include <stdio.h>

#include <jpeglib.h>
