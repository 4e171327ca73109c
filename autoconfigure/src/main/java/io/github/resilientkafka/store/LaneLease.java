package io.github.resilientkafka.store;

/**
 * The right of one relay worker to drain one lane, until it expires or is taken over.
 *
 * @param lane the lane, 0 to 63
 * @param epoch how often the lane has been leased; a settle with an older epoch changes nothing
 */
public record LaneLease(int lane, long epoch) {}
