/**
 * The tables: where events wait that Kafka could not take, and who may drain them.
 */
@NullMarked
package io.github.resilientkafka.store;

import org.jspecify.annotations.NullMarked;
