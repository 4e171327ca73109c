package io.github.resilientkafka.delivery;

import io.github.resilientkafka.store.DeadLetterRows;
import io.github.resilientkafka.store.FailedEvents;

/**
 * What replays of stored dead letters work with.
 *
 * @param rows the dead letters
 * @param events shows single ones
 */
record StoreReplayContext(DeadLetterRows rows, FailedEvents events) {}
