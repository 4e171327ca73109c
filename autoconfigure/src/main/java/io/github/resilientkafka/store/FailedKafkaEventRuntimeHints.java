package io.github.resilientkafka.store;

import io.github.resilientkafka.message.FailureKind;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.Advised;
import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.core.DecoratingProxy;
import org.springframework.data.jpa.repository.support.SimpleJpaRepository;
import org.springframework.data.repository.Repository;
import org.springframework.transaction.interceptor.TransactionalProxy;

/**
 * What Spring's own processing would find if entity and repository came from a scan.
 */
class FailedKafkaEventRuntimeHints implements RuntimeHintsRegistrar {

    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
        new BindingReflectionHintsRegistrar()
                .registerReflectionHints(
                        hints.reflection(), FailedKafkaEvent.class, EventStatus.class, FailureKind.class);
        // Hibernate calls the constructor, which is protected, and the callback.
        hints.reflection()
                .registerType(
                        FailedKafkaEvent.class,
                        MemberCategory.INVOKE_DECLARED_CONSTRUCTORS,
                        MemberCategory.INVOKE_DECLARED_METHODS)
                .registerType(FailedKafkaEventRepository.class, MemberCategory.INVOKE_PUBLIC_METHODS)
                .registerType(
                        SimpleJpaRepository.class,
                        MemberCategory.INVOKE_PUBLIC_CONSTRUCTORS,
                        MemberCategory.INVOKE_PUBLIC_METHODS);
        // TransactionalProxy is a SpringProxy already.
        hints.proxies()
                .registerJdkProxy(
                        FailedKafkaEventRepository.class,
                        Repository.class,
                        TransactionalProxy.class,
                        Advised.class,
                        DecoratingProxy.class);
    }
}
