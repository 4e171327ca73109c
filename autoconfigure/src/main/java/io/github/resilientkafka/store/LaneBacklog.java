package io.github.resilientkafka.store;

/**
 * That a lane has rows which an outage brought to the database and which are still pending. Internal.
 *
 * @param lane the lane
 * @param oldestId the smallest id among them
 * @param newestId the greatest
 */
public record LaneBacklog(int lane, long oldestId, long newestId) {}
