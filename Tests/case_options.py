"""How the cases of fixtures/layers are read whose files do not say all."""

CASE_OPTIONS = {
    "dialect-input-name": ("--input-shape", "2,3,5,7"),
    "dialect-input-none": ("--input-shape", "2,3,5,7"),
    "dialect-nvidia-factor-zero": ("--caffe-dialect", "nvidia"),
    "dialect-column-major": ("--input-shape", "2,3,6,8", "--column-major-kernels"),
    "fork-extra-weights": ("--ignore-extra-weights",),
}
