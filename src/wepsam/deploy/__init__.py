"""From a torch checkpoint to an ONNX file that predicts without torch, and back."""
