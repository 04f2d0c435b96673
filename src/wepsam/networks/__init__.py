"""The networks. Each takes (B, 3, H, W) pixels in [0, 1] and gives (B, H/4, W/4) maps or logits."""
