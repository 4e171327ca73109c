package io.github.resilientkafka.listener;

import org.jspecify.annotations.Nullable;

/**
 * Says what an error of a handler means, where the built-in table and
 * {@code resilient-kafka.listener.errors.*} do not know it. Beans of this type are asked in order, for the error and then
 * for each of its causes, before anybody else. Called on consumer threads; must be thread-safe and must not block.
 */
@FunctionalInterface
public interface ListenerErrorClassifier {

    /**
     * Classifies an error.
     * @param error what the handler threw, or a cause of it
     * @return its class, or null if this classifier has no opinion
     */
    @Nullable
    ErrorClass classify(Throwable error);
}
