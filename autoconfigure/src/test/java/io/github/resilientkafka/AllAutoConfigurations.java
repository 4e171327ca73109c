package io.github.resilientkafka;

import java.util.stream.Stream;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;

/**
 * Our auto-configurations, as an application on this class path finds them.
 */
public final class AllAutoConfigurations {

    private AllAutoConfigurations() {}

    public static Class<?>[] classes() {
        return Stream.of(ImportCandidates.load(AutoConfiguration.class, AllAutoConfigurations.class.getClassLoader())
                        .getCandidates()
                        .toArray(String[]::new))
                .filter(name -> name.startsWith("io.github.resilientkafka."))
                .map(AllAutoConfigurations::load)
                .toArray(Class<?>[]::new);
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException ex) {
            throw new IllegalStateException(ex);
        }
    }
}
