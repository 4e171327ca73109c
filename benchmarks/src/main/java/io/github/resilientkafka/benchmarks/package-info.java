/**
 * How fast it is, measured beside what is possible on the same servers in the same run.
 */
@NullMarked
package io.github.resilientkafka.benchmarks;

import org.jspecify.annotations.NullMarked;
