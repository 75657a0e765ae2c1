/// What a Swift program that reads, runs, proves and describes trained networks imports.

@_exported public import Alignment
@_exported public import Benchmarking
@_exported public import CaffeFormat
@_exported public import ChildProcesses
@_exported public import Classification
@_exported public import Containers
@_exported public import Files
@_exported public import ForeignFiles
@_exported public import Images
@_exported public import Inspection
@_exported public import JSON
@_exported public import KerasFormat
@_exported public import ModelFormats
@_exported public import ModelGraph
@_exported public import ModelIO
@_exported public import NativeFormat
@_exported public import ONNXFormat
@_exported public import Receipts
@_exported public import Reference
@_exported public import Reporting
@_exported public import ResNet
@_exported public import enum Kernels.InstructionSet
@_exported public import Runtime
@_exported public import TensorCore
@_exported public import Verification
