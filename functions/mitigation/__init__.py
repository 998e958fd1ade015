"""How an AWS IoT Device Defender mitigation actions task ended, told to people."""
