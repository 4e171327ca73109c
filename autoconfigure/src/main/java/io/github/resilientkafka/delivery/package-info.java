/**
 * The relay: brings stored events back to Kafka, in order, or to the dead-letter topic.
 */
@NullMarked
package io.github.resilientkafka.delivery;

import org.jspecify.annotations.NullMarked;
