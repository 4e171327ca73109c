package io.github.resilientkafka.testing;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.TestContextAnnotationUtils;

/** Finds {@link WithLocalKafka} and {@link WithLocalPostgres} on a test class, its superclasses and enclosing classes. */
final class LocalServersContextCustomizerFactory implements ContextCustomizerFactory {

    @Override
    public @Nullable ContextCustomizer createContextCustomizer(
            Class<?> testClass, List<ContextConfigurationAttributes> configurations) {
        WithLocalKafka kafka = TestContextAnnotationUtils.findMergedAnnotation(testClass, WithLocalKafka.class);
        boolean postgres = TestContextAnnotationUtils.hasAnnotation(testClass, WithLocalPostgres.class);
        return (kafka == null && !postgres) ? null : new LocalServersContextCustomizer(kafka, postgres);
    }
}
