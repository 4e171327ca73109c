package io.github.resilientkafka.store;

import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/**
 * Keeps the schema scripts in a native image.
 */
class StoreRuntimeHints implements RuntimeHintsRegistrar {

    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
        for (DatabaseVendor vendor : DatabaseVendor.values()) {
            hints.resources().registerPattern(vendor.scripts() + "*.sql");
        }
    }
}
