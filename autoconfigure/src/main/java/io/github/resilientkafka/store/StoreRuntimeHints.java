package io.github.resilientkafka.store;

import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.util.ClassUtils;

/**
 * Keeps in a native image what is only reached by name: the schema scripts, and the settings of a HikariCP pool, which
 * its own way of copying reads and writes field by field.
 */
class StoreRuntimeHints implements RuntimeHintsRegistrar {

    static final String HIKARI_CONFIG = "com.zaxxer.hikari.HikariConfig";

    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
        for (DatabaseVendor vendor : DatabaseVendor.values()) {
            hints.resources().registerPattern(vendor.scripts() + "*.sql");
        }
        if (ClassUtils.isPresent(HIKARI_CONFIG, classLoader)) {
            Class<?> config = ClassUtils.resolveClassName(HIKARI_CONFIG, classLoader);
            for (Field field : config.getDeclaredFields()) {
                hints.reflection().registerField(field);
            }
        }
    }
}
