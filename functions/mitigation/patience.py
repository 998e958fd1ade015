"""How long a channel that is down is tried: arithmetic over seconds."""

# A channel that is down is tried again after 15 s, 30 s, 60 s … 15 min, for at least 12 hours.
FIRST_RETRY_SECONDS = 15
LONGEST_RETRY_SECONDS = 900
PATIENCE_SECONDS = 12 * 3600
# The watch goes on after "still running", so a channel that is down may hold it only this long.
INTERIM_PATIENCE_SECONDS = 240
# A message that may have arrived each time is sent no oftener than this: it would be a flood.
MOST_UNSURE = 2


def retry_seconds(waited: int, retry_after: int | None, *, final: bool, unsure: int) -> int | None:
    """Seconds until a channel that is down is tried again; None when patience has ended.

    `waited` is what was waited for this message so far, `unsure` how often it may have arrived
    nevertheless. A Retry-After is honored.
    """
    if waited >= PATIENCE_SECONDS or unsure >= MOST_UNSURE:
        return None
    backoff = min(max(FIRST_RETRY_SECONDS, waited), LONGEST_RETRY_SECONDS)
    wait = max(backoff, min(retry_after or 0, PATIENCE_SECONDS))
    return wait if final or waited + wait <= INTERIM_PATIENCE_SECONDS else None
