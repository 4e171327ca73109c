package io.github.resilientkafka.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.hibernate.cfg.AvailableSettings;
import org.hibernate.integrator.spi.Integrator;
import org.hibernate.jpa.boot.spi.IntegratorProvider;
import org.hibernate.jpa.boot.spi.JpaSettings;
import org.hibernate.tool.schema.spi.SchemaFilterProvider;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanUtils;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.util.ClassUtils;

/**
 * Tells every persistence unit, the application's other ones too, that our tables are not Hibernate's to create, change or
 * drop, and what they are called. What the application has set for the same purpose goes on working.
 */
final class EventTablesGuard implements BeanPostProcessor {

    private final Supplier<StoreScope> scope;

    /**
     * Creates a guard.
     * @param scope where the tables are, asked for when a persistence unit is built
     */
    EventTablesGuard(Supplier<StoreScope> scope) {
        this.scope = scope;
    }

    @Override
    public Object postProcessBeforeInitialization(Object bean, String name) {
        if (bean instanceof LocalContainerEntityManagerFactoryBean unit) {
            Map<String, Object> settings = unit.getJpaPropertyMap();
            settings.put(
                    AvailableSettings.HBM2DDL_FILTER_PROVIDER,
                    new GuardedSchemaFilters(applications(
                            SchemaFilterProvider.class,
                            settings.get(AvailableSettings.HBM2DDL_FILTER_PROVIDER),
                            unit)));
            settings.put(
                    JpaSettings.INTEGRATOR_PROVIDER,
                    new Integrators(
                            applications(IntegratorProvider.class, settings.get(JpaSettings.INTEGRATOR_PROVIDER), unit),
                            new EventTableNames(this.scope, unit.getDataSource())));
        }
        return bean;
    }

    /** Hibernate takes an instance, a class, or the name of one. */
    private static <T> @Nullable T applications(
            Class<T> type, @Nullable Object setting, LocalContainerEntityManagerFactoryBean unit) {
        if (setting == null || type.isInstance(setting)) {
            return type.cast(setting);
        }
        Class<?> implementation = (setting instanceof Class<?> given)
                ? given
                : ClassUtils.resolveClassName(setting.toString(), unit.getBeanClassLoader());
        return type.cast(BeanUtils.instantiateClass(implementation));
    }

    private record Integrators(@Nullable IntegratorProvider application, Integrator ours)
            implements IntegratorProvider {

        @Override
        public List<Integrator> getIntegrators() {
            List<Integrator> all = new ArrayList<>();
            if (this.application != null) {
                all.addAll(this.application.getIntegrators());
            }
            all.add(this.ours);
            return all;
        }
    }
}
