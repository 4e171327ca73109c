/**
 * Application events: what happened to the connection, the circuit, stored and dead-lettered events, partitions and
 * listeners.
 */
@NullMarked
package io.github.resilientkafka.lifecycle;

import org.jspecify.annotations.NullMarked;
