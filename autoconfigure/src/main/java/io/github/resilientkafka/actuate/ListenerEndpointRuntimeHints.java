package io.github.resilientkafka.actuate;

import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/**
 * Lets a native image write every answer of the listeners' endpoint as JSON.
 */
class ListenerEndpointRuntimeHints implements RuntimeHintsRegistrar {

    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
        new BindingReflectionHintsRegistrar()
                .registerReflectionHints(hints.reflection(), ListenerAnswers.class.getDeclaredClasses());
        new BindingReflectionHintsRegistrar().registerReflectionHints(hints.reflection(), EventAnswers.Problem.class);
    }
}
