/**
 * What becomes of records whose handler fails: partitions are paused, held or go on, records are tried again or
 * dead-lettered. Plain {@code @KafkaListener} methods get it without a change.
 */
@NullMarked
package io.github.resilientkafka.listener;

import org.jspecify.annotations.NullMarked;
