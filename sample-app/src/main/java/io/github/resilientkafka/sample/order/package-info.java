/**
 * Orders: taken over HTTP, published as events, confirmed by a listener.
 */
@NullMarked
package io.github.resilientkafka.sample.order;

import org.jspecify.annotations.NullMarked;
