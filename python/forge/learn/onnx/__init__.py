"""A trained network as ONNX files that were checked against PyTorch."""
