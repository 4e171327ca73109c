/**
 * From {@code publish} to Kafka, or to the store when Kafka is away.
 */
@NullMarked
package io.github.resilientkafka.publisher;

import org.jspecify.annotations.NullMarked;
