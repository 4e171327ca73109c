/**
 * What only a demonstration needs: a broker and a database of its own, and a switch to turn the broker off.
 */
@NullMarked
package io.github.resilientkafka.sample.demo;

import org.jspecify.annotations.NullMarked;
