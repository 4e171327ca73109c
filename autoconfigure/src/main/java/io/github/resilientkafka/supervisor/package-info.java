/**
 * Keeps listeners running: what stops by itself is started again, what was stopped on purpose stays stopped.
 */
@NullMarked
package io.github.resilientkafka.supervisor;

import org.jspecify.annotations.NullMarked;
