"""Models on the Hugging Face Hub: what `hf:owner/name` stands for, and how a model gets there.

Only `.onnx` files and their cards are fetched, and `.safetensors` for who trains: nothing in them can run code. The
rest of the package knows `names` alone, which needs no library; huggingface_hub (extra `[hub]`) is imported when a
model is fetched or published.
"""
