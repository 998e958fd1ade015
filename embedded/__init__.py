"""The embedded AWS: runs the real stack on this machine. Never shipped.

The engine (ministack) runs template.yaml, the state machine and the functions as they are. Around
it stand a fake of the IoT operations that it lacks, a catcher for Slack, and one for e-mail.
"""
