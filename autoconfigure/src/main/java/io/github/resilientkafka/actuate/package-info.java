/**
 * Health, metrics and endpoints; looks at everything, is known by nothing.
 */
@NullMarked
package io.github.resilientkafka.actuate;

import org.jspecify.annotations.NullMarked;
