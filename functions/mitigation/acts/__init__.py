"""Acts that people ask for in Slack: who may, who else has to agree, and what is done.

signature, click    what came in: proved to be Slack's, then read strictly       the door
button              what a button says, and the proof that this stack made it
authority           what may follow from a click
"""
