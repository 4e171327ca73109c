/**
 * What an error of the Kafka client means, and what to do about it.
 */
@NullMarked
package io.github.resilientkafka.connection;

import org.jspecify.annotations.NullMarked;
