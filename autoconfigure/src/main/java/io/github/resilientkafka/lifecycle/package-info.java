/**
 * Application events: what happened to the connection, the circuit, stored and dead-lettered events.
 */
@NullMarked
package io.github.resilientkafka.lifecycle;

import org.jspecify.annotations.NullMarked;
