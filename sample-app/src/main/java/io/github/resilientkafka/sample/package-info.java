/**
 * A small shop that survives its broker.
 */
@NullMarked
package io.github.resilientkafka.sample;

import org.jspecify.annotations.NullMarked;
