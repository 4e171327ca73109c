/**
 * For tests: a publisher that records, and real servers (Kafka brokers and PostgreSQL as child processes) that a test can
 * stop, kill, freeze and start again.
 */
@NullMarked
package io.github.resilientkafka.testing;

import org.jspecify.annotations.NullMarked;
