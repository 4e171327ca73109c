package io.github.resilientkafka.publisher;

/**
 * The database was not asked: the application has switched storing off.
 */
final class StoringDisabledException extends RuntimeException {

    static final StoringDisabledException INSTANCE = new StoringDisabledException();

    private StoringDisabledException() {
        super("storing is switched off (resilient-kafka.fallback.store-failures=false)", null, false, false);
    }
}
